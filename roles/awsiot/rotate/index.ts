export { rotate } from './course.ts'
